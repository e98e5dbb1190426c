"""How a report looks: one HTML file, Markdown, and matplotlib pictures, all from ``to_dict``."""
