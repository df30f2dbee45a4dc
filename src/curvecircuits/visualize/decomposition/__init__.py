"""What a unit asks of earlier layers, place by place."""
