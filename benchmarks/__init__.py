"""What kapnb costs its users: time, memory and traffic, measured by `make bench`."""
