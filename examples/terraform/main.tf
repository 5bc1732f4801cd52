# Who may log in to a cluster of Keyshift, and as whom: made by the AWS provider as it is.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {}

data "aws_caller_identity" "current" {}

locals {
  dbuser = "arn:aws:redshift:*:${data.aws_caller_identity.current.account_id}:dbuser:${var.cluster}"
  dbname = "arn:aws:redshift:*:${data.aws_caller_identity.current.account_id}:dbname:${var.cluster}"
  tags   = { Team = var.team }
}

# The account.

resource "aws_iam_account_alias" "this" {
  account_alias = var.alias
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length        = 14
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 5
  hard_expiry                    = false
}

# What people may do, and the limit of all they can be given.

data "aws_iam_policy_document" "logins" {
  statement {
    sid       = "OwnDatabaseUser"
    actions   = ["redshift:GetClusterCredentials", "redshift:CreateClusterUser"]
    resources = ["${local.dbuser}/$${aws:username}", "${local.dbname}/*"]
  }
}

resource "aws_iam_policy" "logins" {
  name        = "cluster-logins"
  path        = "/redshift/"
  description = "Log in to ${var.cluster} under one's own name"
  policy      = data.aws_iam_policy_document.logins.json
  tags        = local.tags
}

data "aws_iam_policy_document" "limit" {
  statement {
    actions   = ["redshift:*", "iam:Get*", "iam:List*", "iam:ChangePassword", "sts:*"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "limit" {
  name   = "people-limit"
  policy = data.aws_iam_policy_document.limit.json
}

# Groups.

resource "aws_iam_group" "analysts" {
  name = "analysts"
  path = "/redshift/"
}

resource "aws_iam_group_policy_attachment" "logins" {
  group      = aws_iam_group.analysts.name
  policy_arn = aws_iam_policy.logins.arn
}

resource "aws_iam_group_policy_attachment" "read_only" {
  group      = aws_iam_group.analysts.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonRedshiftReadOnlyAccess"
}

resource "aws_iam_group_policy" "join" {
  name  = "join-analysts"
  group = aws_iam_group.analysts.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "redshift:JoinGroup"
      Resource = "arn:aws:redshift:*:${data.aws_caller_identity.current.account_id}:dbgroup:${var.cluster}/analysts"
    }]
  })
}

# People.

resource "aws_iam_user" "people" {
  for_each             = toset(var.people)
  name                 = each.key
  path                 = "/people/"
  permissions_boundary = aws_iam_policy.limit.arn
  force_destroy        = true
  tags                 = local.tags
}

resource "aws_iam_user_group_membership" "people" {
  for_each = aws_iam_user.people
  user     = each.value.name
  groups   = [aws_iam_group.analysts.name]
}

resource "aws_iam_user_login_profile" "people" {
  for_each                = aws_iam_user.people
  user                    = each.value.name
  password_length         = 20
  password_reset_required = true
}

resource "aws_iam_access_key" "people" {
  for_each = aws_iam_user.people
  user     = each.value.name
}

resource "aws_iam_user_ssh_key" "bob" {
  username   = aws_iam_user.people["bob"].name
  encoding   = "SSH"
  public_key = file("${path.module}/bob.pub")
}

resource "aws_iam_user_policy" "bob" {
  name = "clusters"
  user = aws_iam_user.people["bob"].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "redshift:DescribeClusters", Resource = "*" }]
  })
}

resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.people["bob"].name
  policy_arn = "arn:aws:iam::aws:policy/IAMUserChangePassword"
}

# Programs, and people whom a directory knows.

resource "aws_iam_saml_provider" "directory" {
  name                   = "directory"
  saml_metadata_document = file("${path.module}/saml-metadata.xml")
  tags                   = local.tags
}

resource "aws_iam_openid_connect_provider" "ci" {
  url             = "https://ci.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["990f4193972f2becf12ddeda5237f9c952f20d9e"]
  tags            = local.tags
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithSAML"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_saml_provider.directory.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "SAML:aud"
      values   = ["https://signin.aws.amazon.com/saml"]
    }
  }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_user.people["bob"].arn]
    }
  }
}

resource "aws_iam_role" "loader" {
  name                 = "loader"
  path                 = "/redshift/"
  description          = "Loads tables"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.limit.arn
  tags                 = local.tags
}

resource "aws_iam_role_policy_attachment" "loader" {
  role       = aws_iam_role.loader.name
  policy_arn = aws_iam_policy.logins.arn
}

resource "aws_iam_role_policy" "loader" {
  name = "load"
  role = aws_iam_role.loader.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "redshift:GetClusterCredentials", Resource = "${local.dbuser}/loader" }]
  })
}

resource "aws_iam_instance_profile" "loader" {
  name = "loader"
  role = aws_iam_role.loader.name
  tags = local.tags
}
