#!/bin/sh
set -e
export DB_USER=billing DB_PASSWORD='not-a-real-secret'
if [ "$REGION" = eu ]; then
  export DB_HOST="billing-db.eu.internal"
else
  export DB_HOST="billing-db-replica.us.internal"
fi
: "${DB_PORT:=5432}"
JAVA_OPTS="-Xmx1g"
JAVA_OPTS="$JAVA_OPTS -Dspring.datasource.hikari.maximum-pool-size=10"
exec java $JAVA_OPTS -jar app.jar
