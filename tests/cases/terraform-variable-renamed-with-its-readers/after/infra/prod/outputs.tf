output "db_host" {
  value = var.orders_db_host
}
