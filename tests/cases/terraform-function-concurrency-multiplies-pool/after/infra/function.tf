resource "aws_lambda_function" "orders" {
  function_name                  = "orders"
  handler                        = "index.handler"
  runtime                        = "nodejs22.x"
  reserved_concurrent_executions = 50

  environment {
    variables = {
      DATABASE_URL = "postgresql://orders@orders-db.example.org:5432/orders"
      DB_POOL_SIZE = "5"
    }
  }
}
