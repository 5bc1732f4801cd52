# A cluster with what Terraform users put around it, against a local endpoint that AWS_ENDPOINT_URL names.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {}

variable "port" { type = number }
variable "node_type" { default = "ra3.large" }
variable "timeout" { default = "60000" }

resource "aws_redshift_parameter_group" "analytics" {
  name        = "analytics"
  family      = "redshift-1.0"
  description = "for analysts"
  parameter {
    name  = "statement_timeout"
    value = var.timeout
  }
  parameter {
    name  = "require_ssl"
    value = "true"
  }
  tags = { team = "data" }
}

resource "aws_redshift_subnet_group" "inside" {
  name       = "inside"
  subnet_ids = ["subnet-1a2b3c4d", "subnet-5e6f7a8b"]
}

resource "aws_redshift_cluster" "warehouse" {
  cluster_identifier           = "warehouse"
  database_name                = "analytics"
  master_username              = "admin_user"
  master_password              = "Password-1"
  node_type                    = var.node_type
  cluster_type                 = "single-node"
  port                         = var.port
  cluster_parameter_group_name = aws_redshift_parameter_group.analytics.name
  cluster_subnet_group_name    = aws_redshift_subnet_group.inside.name
  skip_final_snapshot          = true
  tags                         = { team = "data", stage = "test" }
}

resource "aws_redshift_cluster_iam_roles" "warehouse" {
  cluster_identifier = aws_redshift_cluster.warehouse.cluster_identifier
  iam_role_arns      = ["arn:aws:iam::123456789012:role/loader"]
}

resource "aws_redshift_authentication_profile" "analysts" {
  authentication_profile_name    = "analysts"
  authentication_profile_content = jsonencode({ AllowDBUserOverride = "1" })
}

data "aws_redshift_cluster" "warehouse" {
  cluster_identifier = aws_redshift_cluster.warehouse.cluster_identifier
}

data "aws_redshift_cluster_credentials" "loader" {
  cluster_identifier = aws_redshift_cluster.warehouse.cluster_identifier
  db_user            = "admin_user"
}

output "endpoint" { value = aws_redshift_cluster.warehouse.endpoint }
