output "access_keys" {
  description = "Access keys of the users, by name."
  value       = { for name, key in aws_iam_access_key.people : name => { id = key.id, secret = key.secret } }
  sensitive   = true
}

output "sign_in_url_alias" {
  value = aws_iam_account_alias.this.account_alias
}
