-- What the queries in the folders beside are run on, as the master user, after the user alice and the group analysts
-- have been made.
CREATE SCHEMA shop;
CREATE TABLE shop.customers (
  id integer PRIMARY KEY, name varchar(40) NOT NULL, balance numeric(12, 2) DEFAULT 0, since timestamp, note text
);
COMMENT ON TABLE shop.customers IS 'who buys';
COMMENT ON COLUMN shop.customers.name IS 'as on the invoice';
CREATE TABLE shop.orders (id bigint PRIMARY KEY, customer integer REFERENCES shop.customers, code char(8), placed date);
CREATE INDEX orders_placed ON shop.orders (placed);
CREATE VIEW shop.debtors AS SELECT id, name FROM shop.customers WHERE balance < 0;
CREATE FUNCTION shop.twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n';
CREATE PROCEDURE shop.clean(before date) LANGUAGE sql AS 'DELETE FROM shop.orders WHERE placed < before';
COMMENT ON FUNCTION shop.twice(integer) IS 'doubles';
INSERT INTO shop.customers VALUES (1, 'Ada', -5), (2, 'Bo', 7);
ANALYZE shop.customers;
GRANT USAGE ON SCHEMA shop TO GROUP analysts;
GRANT SELECT ON shop.customers TO GROUP analysts;
GRANT USAGE ON SCHEMA shop TO alice;
GRANT SELECT, INSERT ON shop.orders TO alice WITH GRANT OPTION;
GRANT UPDATE (note) ON shop.customers TO alice;
CREATE SCHEMA hidden;
CREATE TABLE hidden.plans (id integer);
