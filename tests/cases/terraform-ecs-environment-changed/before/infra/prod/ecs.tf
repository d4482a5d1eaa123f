resource "aws_ecs_task_definition" "orders" {
  family = "orders"

  container_definitions = jsonencode([
    {
      name  = "api"
      image = "shop/orders:${var.release}"
      environment = [
        { name = "DATABASE_URL", value = "postgres://orders:${var.db_password}@orders-db.prod.example.internal:5432/orders" },
        { name = "LOG_LEVEL", value = "info" },
      ]
    },
    {
      name  = "envoy"
      image = "envoy:1.31"
    },
  ])
}
