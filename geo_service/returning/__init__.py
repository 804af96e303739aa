"""Return: what settlements stand on before people go back to them."""
