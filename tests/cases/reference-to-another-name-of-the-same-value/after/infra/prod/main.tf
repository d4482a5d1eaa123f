locals {
  db_address = "orders-db.example.internal"
  orders_host = "orders-db.example.internal"
}

resource "kubernetes_config_map" "orders" {
  data = {
    DB_HOST = local.orders_host
  }
}
