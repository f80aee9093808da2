"""What is done with models: registered, trained, asked, checked."""
