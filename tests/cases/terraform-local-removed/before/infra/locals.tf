locals {
  defaults = {
    redis_url = "redis://${var.redis_host}:6379"
    log_level = "info"
  }
}

locals {
  orders_environment = merge(
    local.defaults,
    {
      REDIS_HOST = var.redis_host
      REDIS_PORT = "6379"
    }
  )
}
