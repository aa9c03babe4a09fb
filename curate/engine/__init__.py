"""How units of work are carried out, on one machine or on Spark."""
