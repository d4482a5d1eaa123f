DATABASES = {"default": {"HOST": "catalog-replica"}}
