variable "db_host" {
  type = string
}
