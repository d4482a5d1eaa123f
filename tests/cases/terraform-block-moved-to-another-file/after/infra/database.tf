resource "aws_db_instance" "orders" {
  engine            = "postgres"
  allocated_storage = 100
  port              = 5432
  tags = { Name = "orders", Team = "shop" }
}
