#!/bin/sh
set -eu
DB_HOST=shop-db.prod.example.internal
pg_dump -h "$DB_HOST" -Fc shop
