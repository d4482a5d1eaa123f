resource "aws_rds_cluster" "orders" {
  engine          = "aurora-postgresql"
  database_name   = "orders"
  master_username = "orders"
  master_password = random_password.orders["main"].result
}

resource "aws_secretsmanager_secret_version" "partner" {
  secret_id     = aws_secretsmanager_secret.partner.id
  secret_string = var.partner_token
}
