"""What tests share: books to write in, parties to speak, and a word on what a test needs from the machine."""
