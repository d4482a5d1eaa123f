variable "orders_db_host" {
  type = string
}
