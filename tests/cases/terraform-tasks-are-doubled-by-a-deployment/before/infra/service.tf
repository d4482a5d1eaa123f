resource "aws_ecs_task_definition" "orders" {
  family = "orders"

  container_definitions = jsonencode([
    {
      name  = "api"
      image = "shop/orders:7"
      environment = [
        { name = "DATABASE_URL", value = "postgresql://orders@orders-db.example.org:5432/orders" },
        { name = "DB_POOL_SIZE", value = "10" },
      ]
    },
  ])
}

resource "aws_ecs_service" "orders" {
  name            = "orders"
  task_definition = aws_ecs_task_definition.orders.arn
  desired_count   = 5
}
