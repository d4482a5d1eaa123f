locals {
  defaults = {
    log_level = "info"
  }
}

locals {
  orders_environment = merge(
    local.defaults,
    {
      REDIS_PORT = "6379"
    }
  )
}
