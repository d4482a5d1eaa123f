resource "aws_db_instance" "orders" {
  identifier     = "orders"
  engine         = "postgres"
  instance_class = "db.t4g.small"
}

resource "kubernetes_deployment" "api" {
  metadata {
    name = "api"
  }
  spec {
    replicas = 10
    template {
      spec {
        container {
          name  = "api"
          image = "shop/api:1"
          env {
            name  = "DB_HOST"
            value = aws_db_instance.orders.address
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
