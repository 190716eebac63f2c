"""What runs leave behind, as their readers want it: metrics, evaluation results, token records as words."""
