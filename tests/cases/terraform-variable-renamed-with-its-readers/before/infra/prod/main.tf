resource "kubernetes_config_map" "orders" {
  data = {
    DB_HOST = var.db_host
    DB_PORT = "5432"
  }
}
