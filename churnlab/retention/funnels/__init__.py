"""Funnels and churn nodes: who is lost at which step, and after how many silent days."""
