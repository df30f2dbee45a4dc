"""Claims: the article's falsifiable sentences, each measured with a control."""
