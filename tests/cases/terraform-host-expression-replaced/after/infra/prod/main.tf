module "orders_api" {
  source   = "../modules/web-app"
  location = var.location

  app_settings = {
    ORDERS_DB_HOST     = var.use_replica ? module.orders_replica.host_name : module.orders_db.host_name
    ORDERS_DB_PORT     = "5432"
    ORDERS_DB_NAME     = "orders"
    ORDERS_DB_PASSWORD = random_password.orders_db.result
  }
}
