resource "aws_ecs_task_definition" "orders" {
  family                = "orders"
  container_definitions = <<-JSON
    [
      {
        "name": "api",
        "image": "shop/orders:7",
        "environment": [
          {"name": "DB_HOST", "value": "orders-db.prod.example.internal"},
          {"name": "DB_PORT", "value": "5432"}
        ]
      }
    ]
  JSON
}
