# The production cluster.
region     = "eu-west-1"
redis_host = "shared-redis.prod.example.internal"
redis_port = 6379
