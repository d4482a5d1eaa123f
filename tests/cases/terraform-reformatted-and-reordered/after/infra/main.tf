resource "aws_ecs_task_definition" "orders" {
  container_definitions = jsonencode([
    {
      "name" : "api",
      "image" : "shop/orders:7",
      "environment" : [
        { "name" : "DB_POOL_SIZE", "value" : "10" }, # connections
        { "name" : "DB_HOST", "value" : var.db_host }
      ]
    }
  ])
  family = "orders"
}

/* The database. */
resource "aws_db_instance" "orders" {
  port              = 5432
  engine            = "postgres"
  allocated_storage = 100

  tags = {
    Team = "shop"
    Name = "orders"
  }
}

variable "db_host" {
  default = "orders-db.prod.example.internal"
  type    = string // a name
}
