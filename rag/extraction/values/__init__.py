"""What a value of each type looks like: dates, amounts, codes, names."""
