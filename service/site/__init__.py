"""What people see: pages, right to left, without a build step."""
