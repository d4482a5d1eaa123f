resource "aws_lambda_function" "orders" {
  function_name = "orders"

  environment {
    variables = {
      DB_HOST = "orders-db.prod.example.internal"
      DB_PORT = "5432"
    }
  }
}

resource "aws_sqs_queue" "orders" {
  name       = "orders"
  fifo_queue = true
}
