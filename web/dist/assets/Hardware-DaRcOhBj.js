function r(){return null}export{r as Hardware};
