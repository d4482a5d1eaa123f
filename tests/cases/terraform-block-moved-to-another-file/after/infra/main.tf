variable "db_host" {
  type    = string
  default = "orders-db.prod.example.internal"
}

resource "aws_ecs_task_definition" "orders" {
  family                = "orders"
  container_definitions = jsonencode([{
    name = "api", image = "shop/orders:7"
    environment = [
      { name = "DB_HOST", value = "${var.db_host}" },
      { name = "DB_POOL_SIZE", value = "10" },
    ]
  }])
}
