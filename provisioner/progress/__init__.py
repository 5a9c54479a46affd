"""What a learner did and learnt: events, which outlive machines, and what is told from them."""
