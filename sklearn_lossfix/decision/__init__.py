"""Decision rules: from scores to labels, chosen for the metric that matters."""
