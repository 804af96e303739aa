"""Maps: Folium pages that need no internet, drawn from a situation."""
