resource "aws_route53_record" "orders_db" {
  zone_id = var.zone
  name    = "orders-db"
  type    = "CNAME"
  ttl     = 60
  records = ["orders.c1a2b4.eu-west-1.rds.amazonaws.com"]
}
