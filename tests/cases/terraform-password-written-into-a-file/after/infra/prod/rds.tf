resource "aws_rds_cluster" "orders" {
  engine          = "aurora-postgresql"
  database_name   = "orders"
  master_username = "orders"
  master_password = "not-a-real-secret"
}

resource "aws_secretsmanager_secret_version" "partner" {
  secret_id     = aws_secretsmanager_secret.partner.id
  secret_string = "not-a-real-secret"
}
