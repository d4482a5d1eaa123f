resource "aws_db_instance" "orders" {
  identifier           = "orders"
  engine               = "postgres"
  instance_class       = "db.m6g.large"
  parameter_group_name = aws_db_parameter_group.orders.name
}

resource "aws_db_parameter_group" "orders" {
  name   = "orders"
  family = "postgres16"
  parameter {
    name  = "max_connections"
    value = "400"
  }
}

resource "aws_db_proxy" "orders" {
  name          = "orders"
  engine_family = "POSTGRESQL"
}

resource "aws_db_proxy_default_target_group" "orders" {
  db_proxy_name = aws_db_proxy.orders.name
  connection_pool_config {
    max_connections_percent = 80
  }
}

resource "aws_db_proxy_target" "orders" {
  db_instance_identifier = aws_db_instance.orders.identifier
  db_proxy_name          = aws_db_proxy.orders.name
  target_group_name      = aws_db_proxy_default_target_group.orders.name
}

resource "kubernetes_deployment" "api" {
  metadata {
    name = "api"
  }
  spec {
    replicas = 20
    strategy {
      type = "Recreate"
    }
    template {
      spec {
        container {
          name  = "api"
          image = "shop/api:1"
          env {
            name  = "DB_HOST"
            value = aws_db_proxy.orders.endpoint
          }
          env {
            name  = "DB_PORT"
            value = "5432"
          }
          env {
            name  = "DB_POOL_SIZE"
            value = "30"
          }
        }
      }
    }
  }
}
