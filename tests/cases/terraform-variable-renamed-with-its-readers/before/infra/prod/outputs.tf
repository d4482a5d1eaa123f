output "db_host" {
  value = var.db_host
}
