DATABASES = {"default": {"HOST": "catalog-db"}}
