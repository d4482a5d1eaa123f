job "orders" {
  datacenters = ["eu1"]
  type        = "service"

  group "web" {
    count = 6

    task "api" {
      driver = "docker"

      config {
        image = "shop/orders:7"
      }

      env {
        DB_HOST = "payments-db.prod.example.internal"
        DB_PORT = "5432"
      }

      template {
        data        = <<EOH
DB_USER=orders
DB_PASSWORD={{ with secret "database/orders" }}{{ .Data.password }}{{ end }}
EOH
        destination = "secrets/db.env"
        env         = true
      }
    }
  }
}
