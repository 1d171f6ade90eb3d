"""The streets as a graph that knows no service and no person."""
