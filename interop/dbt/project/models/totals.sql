{{ config(materialized='table') }}
select name, sum(amount) as total from {{ ref('orders') }} group by 1
