#!/bin/sh
DB_HOST=shop-db.prod.example.internal
pg_dump -h "$DB_HOST" shop
