"""Schools, water points and surface water that are filed with a store, beside the records and no part of them."""
