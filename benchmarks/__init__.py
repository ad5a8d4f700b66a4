"""What kapnb takes of whoever uses it: time, memory and traffic, measured by `make bench`."""
