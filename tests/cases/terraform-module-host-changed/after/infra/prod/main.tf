module "orders_api" {
  source   = "../modules/web-app"
  location = var.location

  app_settings = {
    ORDERS_DB_HOST     = "orders-db-2.prod.example.internal"
    ORDERS_DB_PORT     = "5432"
    ORDERS_DB_NAME     = "orders"
    ORDERS_DB_PASSWORD = data.vault_generic_secret.orders_db.data["password"]
  }
}
