variable "cluster" {
  description = "Identifier of the cluster that people log in to."
  type        = string
  default     = "examplecluster"
}

variable "alias" {
  description = "Name of the account in sign-in addresses."
  type        = string
  default     = "example-corp"
}

variable "team" {
  description = "Value of the tag Team."
  type        = string
  default     = "data"
}

variable "people" {
  description = "Names of the users; bob must be among them."
  type        = list(string)
  default     = ["bob", "eve"]
}
